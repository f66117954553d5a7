export interface DovecotPorts {
  imap: number
  imaps: number
  pop3: number
  pop3s: number
  /** Dovecot's authentication for Postfix. */
  sasl: number
}

export interface ConfInput {
  /** Fresh directory of this server. */
  dir: string
  ports: DovecotPorts
  /** Certificate and key, PEM files. */
  cert: string
  key: string
  bind: string
  /** Owner of the mail: name and numbers. */
  owner: { uid: number; gid: number }
  /** Null as root; else who everything runs as. */
  runAs: { user: string; group: string } | null
}

/** `dovecot.conf` for 2.3. Braces stand on lines of their own: 2.3 wants it so. */
export function dovecotConf(input: ConfInput): string {
  const { dir, bind, cert, key, owner, runAs } = input
  return `base_dir = ${dir}/run
state_dir = ${dir}/state
log_path = ${dir}/log
protocols = imap pop3
listen = ${bind}
${runAs === null ? "" : identity(runAs)}
first_valid_uid = 1
mail_location = maildir:~/Maildir
mail_max_userip_connections = 0
disable_plaintext_auth = no
auth_mechanisms = plain login cram-md5 xoauth2 oauthbearer
auth_failure_delay = 0
ssl = yes
ssl_cert = <${cert}
ssl_key = <${key}
ssl_min_protocol = TLSv1.2
!include_try ${dir}/extra.conf
passdb {
  driver = passwd-file
  args = username_format=%u ${dir}/users
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${dir}/mail/%u
}
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = create
    special_use = \\Sent
  }
}
${services(input)}`
}

const identity = ({ user, group }: { user: string; group: string }): string =>
  `default_internal_user = ${user}\ndefault_internal_group = ${group}\ndefault_login_user = ${user}`

function services({ ports, runAs }: ConfInput): string {
  const chroot = runAs === null ? "" : "  chroot =\n"
  const login = (name: "imap" | "pop3", plain: number, tls: number) => `service ${name}-login {
${chroot}  inet_listener ${name} {
    port = ${plain}
  }
  inet_listener ${name}s {
    port = ${tls}
    ssl = yes
  }
}
`
  // Without the penalty listener a wrong password does not delay the next login from this address.
  return `service anvil {
${chroot}  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
${chroot}}
${login("imap", ports.imap, ports.imaps)}${login("pop3", ports.pop3, ports.pop3s)}service auth {
  inet_listener {
    address = 127.0.0.1
    port = ${ports.sasl}
  }
}
`
}
