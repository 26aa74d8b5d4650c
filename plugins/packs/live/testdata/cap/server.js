// The server listens on all addresses by itself; here it keeps to loopback.
const cds = require('@sap/cds')
const { Server } = require('http')
const listen = Server.prototype.listen
Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, { port: port && port.port !== undefined ? port.port : port, host: '127.0.0.1' }, rest.find(x => typeof x === 'function'))
}
module.exports = cds.server
