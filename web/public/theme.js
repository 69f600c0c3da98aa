// Puts the theme on the page before the first paint: the stored choice, else the system's.
// Runs before the modules; src/app/theme.ts keeps it up to date afterwards.
(() => {
  let theme = null;
  try {
    theme = localStorage.getItem('vivace.theme');
  } catch {
    // Storage is switched off: the system's colour scheme applies.
  }
  if (theme !== 'light' && theme !== 'dark') {
    theme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  }
  document.documentElement.dataset.theme = theme;
})();
