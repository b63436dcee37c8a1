// Before Vite 7 the default is older than `await` at the top of a module.
export default { build: { target: "es2022" } };
