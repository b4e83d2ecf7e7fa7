// What clients say on the wire, as far as it is the text of statements.

/**
 * Reads what one client says, given to it piece by piece. `tell({ sent })` is called with each text that travels: of a statement that
 * is prepared, or of a message that is performed as it is; `tell({ executed })` with that of each statement which is performed. What is
 * encrypted is not read.
 */
export const readClient = (protocol, tell) => (protocol === "mysql:" ? readMySql(tell) : readPostgres(tell))

const TLS_HANDSHAKE = 0x16
const encrypted = NaN

const cString = (bytes, from) => bytes.toString("utf8", from, bytes.indexOf(0, from))

function readPostgres(tell) {
  const texts = new Map()
  let started = false
  return frames(
    // The first messages, which ask for TLS and start the session, have no type.
    (rest) => {
      if (!started && rest[0] === TLS_HANDSHAKE) return encrypted
      const header = started ? 1 : 0
      return rest.length < header + 4 ? Infinity : rest.readInt32BE(header) + header
    },
    (frame) => {
      const [type, body] = started ? [String.fromCharCode(frame[0]), frame.subarray(5)] : ["", frame.subarray(4)]
      if (!started) started = body.readInt32BE(0) === 196608
      if (type === "P") {
        const text = cString(body, body.indexOf(0) + 1)
        texts.set(cString(body, 0), text)
        tell({ sent: text })
      }
      if (type === "B") tell({ executed: texts.get(cString(body, body.indexOf(0) + 1)) })
      if (type === "Q") tell({ sent: cString(body, 0), executed: cString(body, 0) })
    },
  )
}

/** COM_QUERY and COM_STMT_PREPARE; which statement it is that COM_STMT_EXECUTE performs only the server's answers say. */
const [QUERY, PREPARE] = [0x03, 0x16]

function readMySql(tell) {
  let isTls = false
  return frames(
    (rest) => (isTls ? encrypted : rest.length < 4 ? Infinity : rest.readUIntLE(0, 3) + 4),
    (frame) => {
      // The first half of what answers the greeting, without a name: the other half comes encrypted.
      if (frame[3] === 1 && frame.length === 36) isTls = true
      // A command begins a new sequence of packets; what answers the server's greeting goes on with its.
      if (frame[3] !== 0) return
      const text = () => frame.toString("utf8", 5)
      if (frame[4] === QUERY) tell({ sent: text(), executed: text() })
      if (frame[4] === PREPARE) tell({ sent: text() })
    },
  )
}

/**
 * Cuts a stream into frames: `length` of the one that begins what has come; Infinity until it can be told, and `encrypted` where
 * there are none.
 */
function frames(length, read) {
  let rest = Buffer.alloc(0)
  return (data) => {
    rest = rest.length ? Buffer.concat([rest, data]) : data
    let end = length(rest)
    for (; end <= rest.length; end = length(rest)) {
      read(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
    if (Number.isNaN(end)) rest = rest.subarray(0, 1)
  }
}
