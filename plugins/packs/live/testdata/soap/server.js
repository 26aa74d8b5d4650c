// A custody system on node-soap: WS-Security with a digest and no replay, SOAP 1.1 at /custody and 1.2 at /custody12.
const { readFileSync } = require('fs')
const { join } = require('path')
const http = require('http')
const soap = require('soap')

const officers = { okafor: 'Northmoor-2214' }
const people = []
for (let n = 1; n <= 9; n++) {
  people.push({ Number: `D${n}`, Surname: 'Ó Súilleabháin', Forename: `Aoife ${n}`, Born: '1990-04-0' + n,
    Marker: n % 2 ? [{ attributes: { code: '02' }, $value: 'Carries a knife & chain' }] : [] })
}
const notes = new Map()

// fault is what the two versions make of one refusal.
function fault(v12, status, who, sub, text, detail) {
  const Fault = v12
    ? { Code: { Value: 'soap:' + (who === 'Client' ? 'Sender' : 'Receiver'), Subcode: { Value: 'tns:' + sub } }, Reason: { Text: text }, Detail: detail, statusCode: status }
    : { faultcode: `soap:${who}.${sub}`, faultstring: text, detail, statusCode: status }
  return { Fault }
}

function port(v12) {
  return {
    About: () => ({ User: 'okafor', Release: 'node-soap' }),
    Find: ({ Surname, Start, Rows }) => {
      const found = people.filter(p => p.Surname.toLowerCase() === String(Surname).toLowerCase())
      const from = Number(Start || 1) - 1
      return { Total: found.length, Detainee: found.slice(from, from + Number(Rows || 4)) }
    },
    Get: ({ Number }) => {
      const Detainee = people.find(p => p.Number === Number)
      if (!Detainee) throw fault(v12, 500, 'Client', 'NotFound', 'There is no such detainee.', { NotFound: { Number } })
      return { Detainee }
    },
    Note: ({ Reference, At, Text }) => {
      if (String(Text).length > 200) throw fault(v12, 500, 'Client', 'Invalid', 'A field is not accepted.', { Field: { Name: 'Text', Message: 'At most 200 characters.' } })
      const known = notes.has(Reference)
      if (!known) notes.set(Reference, { Number: `N${notes.size + 1}`, At, Text })
      return { Number: notes.get(Reference).Number, Known: known }
    },
    FindNote: ({ Reference }) => notes.has(Reference) ? { Number: notes.get(Reference).Number } : {},
  }
}

const seen = new Set()
function authenticate(security) {
  const token = security && security.UsernameToken
  if (!token || !token.Password || !token.Nonce) return false
  const nonce = token.Nonce.$value || token.Nonce
  const digest = token.Password.$value || token.Password
  if (seen.has(nonce)) return false // a replay
  seen.add(nonce)
  return digest === soap.passwordDigest(nonce, token.Created, officers[token.Username] || '')
}

// What the owner of the system can see, beside the service.
const server = http.createServer((req, res) => {
  if (req.url === '/notes') { res.setHeader('Content-Type', 'application/json'); res.end(JSON.stringify([...notes])); return }
  if (req.url === '/seen') { res.setHeader('Content-Type', 'application/json'); res.end(JSON.stringify(seen.size)); return }
  res.statusCode = 404; res.end()
})
const wsdl = readFileSync(join(__dirname, 'custody.wsdl'), 'utf8')
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  for (const [path, v12] of [['/custody12', true], ['/custody', false]]) {
    const s = soap.listen(server, { path, xml: wsdl, services: { Custody: { Custody11: port(v12) } }, forceSoap12Headers: v12, enableChunkedEncoding: false })
    s.authenticate = authenticate
  }
})
