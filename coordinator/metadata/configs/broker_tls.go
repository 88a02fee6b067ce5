package configs

// tlsKeys are encryption by TLS.
var tlsKeys = []*Key{
	{
		Name: "ssl.allow.dn.changes", Type: Boolean, Default: is("false"), ReadOnly: true,
		Doc:    "Whether a new certificate may have another distinguished name than the one it replaces while the broker runs.",
		Effect: noTLS,
	},
	{
		Name: "ssl.allow.san.changes", Type: Boolean, Default: is("false"), ReadOnly: true,
		Doc:    "Whether a new certificate may lack alternative names of the one it replaces while the broker runs.",
		Effect: noTLS,
	},
	{
		Name: "ssl.cipher.suites", Type: List, Default: is(""), allowed: anyElements, PerNode: true,
		Doc:    "The cipher suites that may be agreed on. An empty list leaves it to the TLS library.",
		Effect: noTLS,
	},
	{
		Name: "ssl.client.auth", Type: String, Default: is("none"), allowed: oneOf("required", "requested", "none"), PerNode: true,
		Doc:    "Whether clients have to show a certificate: required, requested, or none.",
		Effect: noTLS,
	},
	{
		Name: "ssl.enabled.protocols", Type: List, Default: is("TLSv1.2,TLSv1.3"), allowed: anyElements, PerNode: true,
		Doc:    "The versions of TLS that may be spoken.",
		Effect: noTLS,
	},
	{
		Name: "ssl.endpoint.identification.algorithm", Type: String, Default: is("https"), PerNode: true,
		Doc: "How a server's name is compared with its certificate when the broker connects elsewhere. https compares it, " +
			"empty doesn't.",
		Effect: noTLS,
	},
	{
		Name: "ssl.engine.factory.class", Type: Class, PerNode: true,
		Doc:    "A class that makes the TLS engines, to have keys from elsewhere than files.",
		Effect: noJVM,
	},
	{
		Name: "ssl.key.password", Type: Password, Sensitive: true, PerNode: true,
		Doc:    "The password of the private key.",
		Effect: noTLS,
	},
	{
		Name: "ssl.keymanager.algorithm", Type: String, Default: is("SunX509"), PerNode: true,
		Doc:    "The Java key manager's algorithm.",
		Effect: noJVM,
	},
	{
		Name: "ssl.keystore.certificate.chain", Type: Password, Sensitive: true, PerNode: true,
		Doc:    "The broker's certificate and those that vouch for it, as PEM text in place of a file.",
		Effect: noTLS,
	},
	{
		Name: "ssl.keystore.key", Type: Password, Sensitive: true, PerNode: true,
		Doc:    "The broker's private key, as PEM text in place of a file.",
		Effect: noTLS,
	},
	{
		Name: "ssl.keystore.location", Type: String, PerNode: true,
		Doc:    "The file with the broker's private key and certificate.",
		Effect: noTLS,
	},
	{
		Name: "ssl.keystore.password", Type: Password, Sensitive: true, PerNode: true,
		Doc:    "The password of the file with the broker's key.",
		Effect: noTLS,
	},
	{
		Name: "ssl.keystore.type", Type: String, Default: is("JKS"), PerNode: true,
		Doc:    "The format of the file with the broker's key: JKS, PKCS12 or PEM.",
		Effect: noTLS,
	},
	{
		Name: "ssl.protocol", Type: String, Default: is("TLSv1.3"), PerNode: true,
		Doc:    "The version of TLS to speak unless the other side can only do an older one.",
		Effect: noTLS,
	},
	{
		Name: "ssl.provider", Type: String, PerNode: true,
		Doc:    "The Java security provider for TLS.",
		Effect: noJVM,
	},
	{
		Name: "ssl.secure.random.implementation", Type: String, PerNode: true,
		Doc:    "The source of random numbers for TLS in the Java runtime.",
		Effect: noJVM,
	},
	{
		Name: "ssl.trustmanager.algorithm", Type: String, Default: is("PKIX"), PerNode: true,
		Doc:    "The Java trust manager's algorithm.",
		Effect: noJVM,
	},
	{
		Name: "ssl.truststore.certificates", Type: Password, Sensitive: true, PerNode: true,
		Doc:    "The certificates that are trusted, as PEM text in place of a file.",
		Effect: noTLS,
	},
	{
		Name: "ssl.truststore.location", Type: String, PerNode: true,
		Doc:    "The file with the certificates that are trusted.",
		Effect: noTLS,
	},
	{
		Name: "ssl.truststore.password", Type: Password, Sensitive: true, PerNode: true,
		Doc:    "The password of the file with trusted certificates.",
		Effect: noTLS,
	},
	{
		Name: "ssl.truststore.type", Type: String, Default: is("JKS"), PerNode: true,
		Doc:    "The format of the file with trusted certificates: JKS, PKCS12 or PEM.",
		Effect: noTLS,
	},
}
