// Prints what it was told, and goes on until it is ended.
console.log(`${process.argv.slice(2).join(" ")} ${Object.keys(process.env).sort().join(" ")}`);
setInterval(() => {}, 60_000);
