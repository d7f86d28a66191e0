// Imports the package named on the command line, and prints what it offers: one name a line.
console.log(Object.keys(await import(process.argv[2])).join("\n"));
