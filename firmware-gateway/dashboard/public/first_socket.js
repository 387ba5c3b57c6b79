// Asks for the live picture before the page's own script is even read: on an old computer that takes longer than the gateway's answer.
// What comes meanwhile is kept for api/first_socket.ts, which takes over. A file of its own and no module, so that it waits for nothing.
(function () {
  if (window.firstSocket !== undefined) return; // the page was faster
  try {
    var url = new URL("api/v1/stream", document.baseURI);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    var first = { socket: new WebSocket(url.href), frames: [] };
    first.socket.onmessage = function (event) { first.frames.push(event.data); };
    window.firstSocket = first;
  } catch (error) {
    // The page opens its own, and says what is wrong.
  }
})();
