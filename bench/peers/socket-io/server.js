// Tells every connected socket what was posted, as a chat page with socket.io does.
const http = require("node:http");
const { Server } = require("socket.io");

const server = http.createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    io.emit("message", body);
    response.writeHead(200, { "content-length": 0 }).end();
  });
});
const io = new Server(server, { transports: ["websocket"] });
server.listen(Number(process.argv[2]), "127.0.0.1");
