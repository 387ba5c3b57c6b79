// Takes over the connection that public/first_socket.js has asked for.

export interface FirstSocket { socket: WebSocket; /** What came before anybody listened. */ frames: unknown[] }

declare global {
  interface Window { /** null: taken, or no longer wanted. */ firstSocket?: FirstSocket | null }
}

/** Once; null afterwards, and when there is none that is open or still may be. */
export function takeFirstSocket(): FirstSocket | null {
  const first = window.firstSocket ?? null;
  window.firstSocket = null;
  return first !== null && first.socket.readyState <= WebSocket.OPEN ? first : null;
}
