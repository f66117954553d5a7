/** A cluster of one: a monitor, a store in memory, and the S3 server, all on 127.0.0.1. */
export function radosgwConf({
  dir,
  monPort,
  port,
  fsid,
}: {
  dir: string
  monPort: number
  port: number
  fsid: string
}): string {
  return `[global]
fsid = ${fsid}
mon host = [v1:127.0.0.1:${monPort}]
auth cluster required = none
auth service required = none
auth client required = none
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
mon allow pool size one = true
ms bind msgr2 = false
ms bind msgr1 = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
log to file = true
log file = ${dir}/$name.log
admin socket = ${dir}/$name.asok
run dir = ${dir}
pid file = ${dir}/$name.pid
rgw data = ${dir}/rgw
[mon.a]
host = localhost
mon data = ${dir}/mon
mon initial members = a
public addr = 127.0.0.1:${monPort}
[osd]
osd data = ${dir}/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd class load list = *
osd class default list = *
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw thread pool size = 16
`
}
