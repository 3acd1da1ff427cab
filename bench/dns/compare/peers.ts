/** How the peers are started on generated zones. */

import { join } from 'node:path'
import type { Launch } from '../launch.ts'

export const PEERS = ['knot', 'bind', 'nsd'] as const
export type Peer = (typeof PEERS)[number]

/** Their Debian packages. */
export const PACKAGES: Readonly<Record<Peer, string>> = { knot: 'knot', bind: 'bind9', nsd: 'nsd' }

export interface PeerPlace {
  /** Its own, and empty. */
  readonly folder: string
  readonly port: number
  /** Holds `<apex>.zone`. */
  readonly zones: string
  readonly apexes: readonly string[]
}

function knot({ folder, port, zones, apexes }: PeerPlace): Launch {
  const config = `server:
  rundir: "${folder}"
  listen: 127.0.0.1@${port}
  udp-max-payload: 1232
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
log:
  - target: stderr
    any: error
database:
  storage: "${folder}"
template:
  - id: default
    storage: "${zones}"
    file: "%s.zone"
    semantic-checks: off
    zonefile-load: whole
    journal-content: none
    zonefile-sync: -1
zone:
${apexes.map((apex) => `  - domain: ${apex}`).join('\n')}
`
  return { command: 'knotd', args: ['-c', join(folder, 'knot.conf')], files: { 'knot.conf': config } }
}

function bind({ folder, port, zones, apexes }: PeerPlace): Launch {
  const config = `options {
  directory "${folder}"; pid-file none; session-keyfile none; managed-keys-directory "${folder}";
  listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; };
  recursion no; allow-query { any; }; allow-transfer { none; }; notify no;
  minimal-responses yes; max-udp-size 1232; edns-udp-size 1232; answer-cookie no; tcp-clients 200;
  check-integrity no; check-names primary ignore; check-mx-cname ignore; check-srv-cname ignore; check-wildcard no;
  dnssec-validation no; empty-zones-enable no;
};
controls {};
${apexes.map((apex) => `zone "${apex}" { type primary; file "${zones}/${apex}.zone"; };`).join('\n')}
`
  return { command: 'named', args: ['-f', '-c', join(folder, 'named.conf')], files: { 'named.conf': config } }
}

function nsd({ folder, port, zones, apexes }: PeerPlace): Launch {
  const config = `server:
  ip-address: 127.0.0.1@${port}
  username: ""
  chroot: ""
  zonesdir: "${zones}"
  database: ""
  pidfile: "${folder}/pid"
  xfrdfile: "${folder}/xfrd"
  zonelistfile: "${folder}/zone.list"
  xfrdir: "${folder}"
  server-count: 1
  minimal-responses: yes
  ipv4-edns-size: 1232
  rrl-ratelimit: 0
remote-control:
  control-enable: no
${apexes.map((apex) => `zone:\n  name: "${apex}"\n  zonefile: "${apex}.zone"`).join('\n')}
`
  return { command: 'nsd', args: ['-d', '-c', join(folder, 'nsd.conf')], files: { 'nsd.conf': config } }
}

export const LAUNCH_PEER: Readonly<Record<Peer, (place: PeerPlace) => Launch>> = { knot, bind, nsd }
