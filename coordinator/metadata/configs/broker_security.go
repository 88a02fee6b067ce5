package configs

// securityKeys are who may do what, and delegation tokens.
var securityKeys = []*Key{
	{
		Name: "authorizer.class.name", Type: String, Default: is(""), ReadOnly: true,
		Doc:    "The class that decides who may do what. Empty lets everybody do everything.",
		Effect: "Accepted; has no effect here: there are no access rules yet, so everybody who can connect may do everything.",
	},
	{
		Name: "connections.max.reauth.ms", Type: Long, Default: is("0"), ReadOnly: true,
		Doc:    "How long a login is good for before the client has to log in again on the same connection. 0 sets no limit.",
		Effect: noSASL,
	},
	{
		Name: "delegation.token.expiry.check.interval.ms", Type: Long, Default: is("3600000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How often expired delegation tokens are looked for and removed.",
		Effect: noTokens,
	},
	{
		Name: "delegation.token.expiry.time.ms", Type: Long, Default: is("86400000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long a delegation token is good for before it has to be renewed.",
		Effect: noTokens,
	},
	{
		Name: "delegation.token.max.lifetime.ms", Type: Long, Default: is("604800000"), allowed: atLeast(1), ReadOnly: true,
		Doc:    "How long a delegation token can be renewed in all.",
		Effect: noTokens,
	},
	{
		Name: "delegation.token.secret.key", Type: Password, ReadOnly: true, Sensitive: true,
		Doc: "The secret that delegation tokens are signed with. It must be the same on all nodes; without it there are no " +
			"tokens.",
		Effect: noTokens,
	},
	{
		Name: "principal.builder.class", Type: Class, Default: is("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"), PerNode: true,
		Doc:    "The class that turns a login or a certificate into a principal's name.",
		Effect: noJVM,
	},
	{
		Name: "security.inter.broker.protocol", Type: String, Default: is("PLAINTEXT"), allowed: oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"), ReadOnly: true,
		Doc:    "The security protocol between brokers, where inter.broker.listener.name is not set.",
		Effect: ownLinks,
	},
	{
		Name: "security.providers", Type: String, ReadOnly: true,
		Doc:    "Classes that add security providers to the Java runtime.",
		Effect: noJVM,
	},
	{
		Name: "ssl.principal.mapping.rules", Type: String, Default: is("DEFAULT"), ReadOnly: true,
		Doc: "Rules that shorten a client certificate's distinguished name to the name of a principal. DEFAULT keeps the whole " +
			"name.",
		Effect: noTLS,
	},
}
