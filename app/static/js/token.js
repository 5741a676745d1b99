// The CSRF token of this page, for what is sent without a form.
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
