package bus

import (
	"fmt"
	"net/url"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/seed-e634fa49/troupe/actors/clock"
)

const (
	// routesUser is who routes log in as; the password is the secret.
	routesUser = "troupe"
	// routePing and routePingsOut find a silent route in three seconds.
	routePing     = time.Second
	routePingsOut = 2
	// writeDeadline is how long a peer or client may take nothing before it is cut off.
	writeDeadline = 2 * time.Second
	// maxPayload is the largest message, NATS's own default.
	maxPayload = 1 << 20
	// maxPending is what may wait for one client of this server.
	maxPending = 8 << 20
	// reportEvery is after how many failed dials (one a second) of a route the failure is told again.
	reportEvery = 300
	// The doors are looked at every startPause, startTries times, until they are open.
	startPause = time.Millisecond
	startTries = 5000
	// noPort is where a server without a clients' door listens: nowhere. Told not to listen (DontListen) this version of the
	// server never opens its routes either, and then hangs in Shutdown; told to listen where one can't, it complains
	// (serverLog.Fatalf) and goes on.
	noPort = 1 << 16
)

// startServer opens the embedded server's doors.
func startServer(o Options, log *serverLog) (*server.Server, error) {
	options, err := serverOptions(o)
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(options)
	if err != nil {
		return nil, err
	}
	options.CustomClientAuthentication.(*door).accounts = s.LookupAccount
	s.SetLoggerV2(log, false, false, false)
	s.Start()
	if err := ready(s, o, log); err != nil {
		s.Shutdown()
		return nil, err
	}
	return s, nil
}

// ready waits until the doors are open, or can't be opened. It goes by the machine's clock, as the server does.
func ready(s *server.Server, o Options, log *serverLog) error {
	for range startTries {
		if err := log.failed(); err != nil {
			return err
		}
		if (o.Routes == "" || s.ClusterAddr() != nil) && (o.Clients == "" || s.Addr() != nil) {
			return nil
		}
		passed := make(chan struct{})
		clock.System().AfterFunc(startPause, func() { close(passed) })
		<-passed
	}
	return fmt.Errorf("the doors did not open within %v", startPause*startTries)
}

func serverOptions(o Options) (*server.Options, error) {
	options := &server.Options{
		ServerName:                 serverName(o),
		NoSigs:                     true,
		NoSystemAccount:            true,
		DisableJetStreamBanner:     true,
		NoFastProducerStall:        true,
		Port:                       noPort,
		MaxPayload:                 maxPayload,
		MaxPending:                 maxPending,
		WriteDeadline:              writeDeadline,
		MaxClosedClients:           1,
		ConnectErrorReports:        reportEvery,
		ReconnectErrorReports:      reportEvery,
		Accounts:                   []*server.Account{server.NewAccount(busAccount), server.NewAccount(clientsAccount)},
		CustomClientAuthentication: &door{},
	}
	if o.Clients != "" {
		host, port, err := listenAddress(o.Clients)
		if err != nil {
			return nil, err
		}
		options.Host, options.Port = host, port
	}
	if o.Routes != "" {
		host, port, err := listenAddress(o.Routes)
		if err != nil {
			return nil, err
		}
		options.Cluster = clusterOptions(o, host, port)
	}
	return options, nil
}

func serverName(o Options) string { return fmt.Sprintf("node-%d", o.Node) }

func clusterOptions(o Options, host string, port int) server.ClusterOpts {
	return server.ClusterOpts{
		Name: o.Cluster, Host: host, Port: port, Advertise: o.RoutesAdvertise,
		Username: routesUser, Password: o.Secret,
		// Clients of one node are not told of the others: their doors may be closed.
		NoAdvertise:   true,
		PoolSize:      1,
		Compression:   server.CompressionOpts{Mode: server.CompressionOff},
		PingInterval:  routePing,
		MaxPingsOut:   routePingsOut,
		WriteDeadline: writeDeadline,
		WriteTimeout:  server.WriteTimeoutPolicyClose,
	}
}

// listenAddress takes an address apart, and spells a free port as NATS does.
func listenAddress(address string) (host string, port int, err error) {
	host, port, err = splitAddress(address)
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, err
}

// routeURL is how a server dials another's routes door.
func routeURL(address, secret string) *url.URL {
	return &url.URL{Scheme: "nats-route", Host: address, User: url.UserPassword(routesUser, secret)}
}
