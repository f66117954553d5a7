export interface PostfixConf {
  dir: string
  /** Root that Dovecot shares: its maildirs lie below. */
  root: string
  ports: { smtp: number; smtps: number }
  /** Port of Dovecot's authentication. */
  saslPort: number
  cert: string
  key: string
  owner: { uid: number; gid: number }
}

const recipients: Record<string, string> = {
  later: "450 4.2.0 try later",
  grey: "451 4.7.1 greylisted",
  full: "552 5.2.2 mailbox full",
  blocked: "554 5.7.1 blocked",
}

const inline = (rows: string[]): string => `inline:{ ${rows.map((row) => `{ ${row} }`).join(" ")} }`

/** `main.cf`: TLS, AUTH through Dovecot, delivery of postfix.test into Dovecot's maildirs, nothing leaves the machine. */
export function mainCf({ dir, root, saslPort, cert, key, owner }: PostfixConf): string {
  const refused = Object.entries(recipients).map(([name, reply]) => `${name}@postfix.test = ${reply}`)
  return `compatibility_level = 3.6
queue_directory = ${dir}/queue
data_directory = ${dir}/data
maillog_file = ${dir}/log
maillog_file_prefixes = ${root}
myhostname = mx.postfix.test
mydestination =
mynetworks =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtputf8_enable = yes
message_size_limit = 73400320
mailbox_size_limit = 0
virtual_mailbox_limit = 0
virtual_mailbox_domains = postfix.test
virtual_mailbox_base = ${root}/dovecot/mail
virtual_mailbox_maps = ${inline(["alice@postfix.test = alice/Maildir/", "bob@postfix.test = bob/Maildir/"])}
virtual_uid_maps = static:${owner.uid}
virtual_gid_maps = static:${owner.gid}
virtual_minimum_uid = 1
virtual_alias_maps =
recipient_delimiter = +
smtpd_tls_cert_file = ${cert}
smtpd_tls_key_file = ${key}
smtpd_tls_security_level = may
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:${saslPort}
smtpd_sasl_security_options = noanonymous
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access ${inline(refused)}, permit
smtpd_sender_login_maps = ${inline(["alice@postfix.test = alice", "bob@postfix.test = bob"])}
smtpd_sender_restrictions =
default_transport = retry:4.0.0 no route in this test
smtpd_client_connection_count_limit = 0
smtpd_soft_error_limit = 1000
smtpd_hard_error_limit = 1000
minimal_backoff_time = 5s
queue_run_delay = 5s
`
}

/** `master.cf`: nothing runs in a chroot, which the temporary directory could not be. */
export const masterCf = ({ ports }: PostfixConf): string => `127.0.0.1:${ports.smtp} inet n - n - - smtpd
127.0.0.1:${ports.smtps} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
