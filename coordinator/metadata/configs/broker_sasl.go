package configs

// saslKeys are logging in by SASL: passwords and Kerberos.
var saslKeys = []*Key{
	{
		Name: "sasl.client.callback.handler.class", Type: Class, ReadOnly: true,
		Doc:    "The class that answers a SASL mechanism's questions when the broker itself logs in elsewhere.",
		Effect: noJVM,
	},
	{
		Name: "sasl.enabled.mechanisms", Type: List, Default: is("GSSAPI"), allowed: anyElements, PerNode: true,
		Doc:    "The SASL mechanisms that clients may log in by.",
		Effect: noSASL,
	},
	{
		Name: "sasl.jaas.config", Type: Password, Sensitive: true, PerNode: true,
		Doc: "The login module and its options, users and passwords among them, in the form of a JAAS file. It is usually set " +
			"per listener and mechanism.",
		Effect: noSASL,
	},
	{
		Name: "sasl.kerberos.kinit.cmd", Type: String, Default: is("/usr/bin/kinit"), PerNode: true,
		Doc:    "The path of the kinit command.",
		Effect: noKerberos,
	},
	{
		Name: "sasl.kerberos.min.time.before.relogin", Type: Long, Default: is("60000"), PerNode: true,
		Doc:    "How long the thread that renews a Kerberos ticket sleeps between two tries.",
		Effect: noKerberos,
	},
	{
		Name: "sasl.kerberos.principal.to.local.rules", Type: List, Default: is("DEFAULT"), allowed: anyElements, PerNode: true,
		Doc:    "Rules that shorten a Kerberos principal to a local name. DEFAULT takes the part before the realm.",
		Effect: noKerberos,
	},
	{
		Name: "sasl.kerberos.service.name", Type: String, PerNode: true,
		Doc:    "The name of the Kerberos principal that the broker runs as.",
		Effect: noKerberos,
	},
	{
		Name: "sasl.kerberos.ticket.renew.jitter", Type: Double, Default: is("0.05"), PerNode: true,
		Doc:    "The random part that is added to the time of a ticket's renewal.",
		Effect: noKerberos,
	},
	{
		Name: "sasl.kerberos.ticket.renew.window.factor", Type: Double, Default: is("0.8"), PerNode: true,
		Doc:    "The part of a ticket's lifetime after which it is renewed.",
		Effect: noKerberos,
	},
	{
		Name: "sasl.login.callback.handler.class", Type: Class, ReadOnly: true,
		Doc:    "The class that answers the login module's questions when the broker logs in.",
		Effect: noJVM,
	},
	{
		Name: "sasl.login.class", Type: Class, ReadOnly: true,
		Doc:    "The class that carries out the broker's own login.",
		Effect: noJVM,
	},
	{
		Name: "sasl.login.connect.timeout.ms", Type: Int, ReadOnly: true,
		Doc:    "How long a connection to the provider of tokens may take to stand.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.read.timeout.ms", Type: Int, ReadOnly: true,
		Doc:    "How long the provider of tokens may take to answer.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.refresh.buffer.seconds", Type: Short, Default: is("300"), PerNode: true,
		Doc:    "How long before its end a login must be renewed at the latest.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.refresh.min.period.seconds", Type: Short, Default: is("60"), PerNode: true,
		Doc:    "The least time that a login is used before it is renewed.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.refresh.window.factor", Type: Double, Default: is("0.8"), PerNode: true,
		Doc:    "The part of a login's lifetime after which it is renewed.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.refresh.window.jitter", Type: Double, Default: is("0.05"), PerNode: true,
		Doc:    "The random part that is added to the time at which a login is renewed.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.retry.backoff.max.ms", Type: Long, Default: is("10000"), ReadOnly: true,
		Doc:    "The longest pause between two tries to get a token from the provider.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.login.retry.backoff.ms", Type: Long, Default: is("100"), ReadOnly: true,
		Doc:    "The first pause between two tries to get a token from the provider. It doubles with each failure.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.mechanism.controller.protocol", Type: String, Default: is("GSSAPI"), ReadOnly: true,
		Doc:    "The SASL mechanism between brokers and controllers.",
		Effect: ownLinks,
	},
	{
		Name: "sasl.mechanism.inter.broker.protocol", Type: String, Default: is("GSSAPI"), PerNode: true,
		Doc:    "The SASL mechanism between brokers.",
		Effect: ownLinks,
	},
	{
		Name: "sasl.server.callback.handler.class", Type: Class, ReadOnly: true,
		Doc:    "The class that checks what clients log in with, such as a password against a directory.",
		Effect: noJVM,
	},
	{
		Name: "sasl.server.max.receive.size", Type: Int, Default: is("524288"), ReadOnly: true,
		Doc:    "The largest message that is read from a client before it has logged in.",
		Effect: noSASL,
	},
}
