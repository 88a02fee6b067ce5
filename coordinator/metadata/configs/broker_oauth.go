package configs

// oauthKeys are logging in by OAuth bearer tokens.
var oauthKeys = []*Key{
	{
		Name: "sasl.oauthbearer.assertion.algorithm", Type: String, Default: is("RS256"), allowed: oneOfAnyCase("ES256", "RS256"), ReadOnly: true,
		Doc:    "The algorithm that an assertion is signed with, RS256 or ES256.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.aud", Type: String, ReadOnly: true,
		Doc:    "The audience that is written into an assertion.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.exp.seconds", Type: Int, Default: is("300"), allowed: between(0, 86400), ReadOnly: true,
		Doc:    "How long an assertion is good for, in seconds.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.iss", Type: String, ReadOnly: true,
		Doc:    "The issuer that is written into an assertion.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.jti.include", Type: Boolean, Default: is("false"), ReadOnly: true,
		Doc:    "Whether an assertion carries a unique id.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.nbf.seconds", Type: Int, Default: is("60"), allowed: between(0, 3600), ReadOnly: true,
		Doc:    "How far in the past an assertion begins to be good, in seconds, to allow for clocks that differ.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.sub", Type: String, ReadOnly: true,
		Doc:    "The subject that is written into an assertion.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.file", Type: String, ReadOnly: true,
		Doc:    "A file with a ready-made assertion.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.private.key.file", Type: String, ReadOnly: true,
		Doc:    "The file with the private key that assertions are signed with.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.private.key.passphrase", Type: Password, ReadOnly: true, Sensitive: true,
		Doc:    "The passphrase of the private key that assertions are signed with.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.assertion.template.file", Type: String, ReadOnly: true,
		Doc:    "A file with the header and claims that every assertion begins from.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.client.credentials.client.id", Type: String, ReadOnly: true,
		Doc:    "The client id that is shown to the provider of tokens.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.client.credentials.client.secret", Type: Password, ReadOnly: true, Sensitive: true,
		Doc:    "The client secret that is shown to the provider of tokens.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.clock.skew.seconds", Type: Int, Default: is("30"), ReadOnly: true,
		Doc:    "How far the clocks of the provider of tokens and of the broker may differ.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.expected.audience", Type: List, Default: is(""), allowed: anyElements, ReadOnly: true,
		Doc:    "The audiences of which a client's token must name one.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.expected.issuer", Type: String, ReadOnly: true,
		Doc:    "The issuer that a client's token must name.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.refresh.ms", Type: Long, Default: is("3600000"), ReadOnly: true,
		Doc:    "How often the provider's public keys are fetched again.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Type: Long, Default: is("10000"), ReadOnly: true,
		Doc:    "The longest pause between two tries to fetch the provider's public keys.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Type: Long, Default: is("100"), ReadOnly: true,
		Doc:    "The first pause between two tries to fetch the provider's public keys.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.url", Type: String, ReadOnly: true,
		Doc:    "Where the provider's public keys are found, which tokens are checked with.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.jwt.retriever.class", Type: Class, Default: is("org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever"), ReadOnly: true,
		Doc:    "The class that gets the broker's own token.",
		Effect: noJVM,
	},
	{
		Name: "sasl.oauthbearer.jwt.validator.class", Type: Class, Default: is("org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator"), ReadOnly: true,
		Doc:    "The class that checks a client's token.",
		Effect: noJVM,
	},
	{
		Name: "sasl.oauthbearer.scope", Type: String, ReadOnly: true,
		Doc:    "The scope that is asked for with a token.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.scope.claim.name", Type: String, Default: is("scope"), ReadOnly: true,
		Doc:    "The claim of a token in which the scope stands.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.sub.claim.name", Type: String, Default: is("sub"), ReadOnly: true,
		Doc:    "The claim of a token in which the principal's name stands.",
		Effect: noOAuth,
	},
	{
		Name: "sasl.oauthbearer.token.endpoint.url", Type: String, ReadOnly: true,
		Doc:    "Where tokens are asked for.",
		Effect: noOAuth,
	},
}
