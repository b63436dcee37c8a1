/** Sends a form's fields to the REST API. */
export async function post(path: string, form: HTMLFormElement): Promise<void> {
  const body = JSON.stringify(Object.fromEntries(new FormData(form)));
  const response = await fetch(`/api/v1${path}`, { method: "POST", headers: { "Content-Type": "application/json" }, body });
  if (!response.ok) throw new Error(((await response.json()) as { errorText: string }).errorText);
}
