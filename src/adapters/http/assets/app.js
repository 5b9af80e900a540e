// What makes pages quicker and kinder. Every page works without it.

import "./modules/requests.js";
import "./modules/toasts.js";
import "./modules/dialogs.js";
import "./modules/forms.js";
import "./modules/copying.js";
import "./modules/keeping.js";
import "./modules/passkeys.js";
import "./modules/quantities.js";
import "./modules/times.js";
import "./modules/keyboard.js";
