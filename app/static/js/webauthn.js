// Speaks to a physical key: options and answers as JSON on the wire, as buffers in the browser.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (it) => it.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const described = (list) => (list ?? []).map((it) => ({ ...it, id: bytes(it.id) }));

// Why no key can be asked on this page at all: a name of a text, or nothing.
export function hindrance(home) {
  if (home && location.origin !== new URL(home).origin) return "address";
  if (!window.isSecureContext) return "insecure";
  return window.PublicKeyCredential ? "" : "unsupported";
}

export async function create(options, signal) {
  const publicKey = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: described(options.excludeCredentials) };
  const made = await navigator.credentials.create({ publicKey, signal });
  const { response } = made;
  return {
    id: made.id, rawId: text(made.rawId), type: made.type,
    response: { clientDataJSON: text(response.clientDataJSON), attestationObject: text(response.attestationObject), transports: response.getTransports?.() ?? [] },
  };
}

export async function get(options, signal) {
  const publicKey = { ...options, challenge: bytes(options.challenge), allowCredentials: described(options.allowCredentials) };
  const shown = await navigator.credentials.get({ publicKey, signal });
  const { response } = shown;
  return {
    id: shown.id, rawId: text(shown.rawId), type: shown.type,
    response: {
      clientDataJSON: text(response.clientDataJSON), authenticatorData: text(response.authenticatorData), signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : null,
    },
  };
}

// Why a key did not answer: the name of a text.
export function reason(error) {
  if (error?.name === "InvalidStateError") return "known";
  if (error?.name === "SecurityError") return "address";
  return error?.name === "NotAllowedError" || error?.name === "AbortError" ? "silent" : "failed";
}

// The words for it, from the element that carries them as data-text-….
export const words = (element, name) => element.dataset[`text${name[0].toUpperCase()}${name.slice(1)}`] ?? name;
