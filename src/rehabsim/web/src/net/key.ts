// Random names. getRandomValues works where randomUUID does not: on pages served without TLS.

export function randomHex(bytes: number): string {
  const values = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(values, (value) => value.toString(16).padStart(2, "0")).join("");
}

// The secret by which the session knows a page again after it was reloaded.
export function pageKey(page: string): string {
  const name = `rehabsim.${page}.key`;
  let key = sessionStorage.getItem(name);
  if (key === null) {
    key = newPageKey(page);
  }
  return key;
}

export function newPageKey(page: string): string {
  const key = randomHex(16);
  sessionStorage.setItem(`rehabsim.${page}.key`, key);
  return key;
}

// The words after # in the address that a gateway prints when it listens beyond its own computer:
// with them this page may start the belts. The browser never sends that part of an address.
export function pageToken(): string | null {
  const name = "rehabsim.token";
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token !== null) {
    sessionStorage.setItem(name, token);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return sessionStorage.getItem(name);
}
