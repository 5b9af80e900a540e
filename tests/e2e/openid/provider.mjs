// A certified OpenID Connect provider for one client, with its own pages to sign in.
// node provider.mjs PORT CLIENT SECRET REDIRECT_URI
import { Provider } from "oidc-provider";

const [port, client_id, client_secret, redirect_uri] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id, client_secret, redirect_uris: [redirect_uri] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  cookies: { keys: ["only for tests"] },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@id.example`, email_verified: true, name: id }),
  }),
});
provider.listen(Number(port), "127.0.0.1");
