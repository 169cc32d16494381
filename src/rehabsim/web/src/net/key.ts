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
