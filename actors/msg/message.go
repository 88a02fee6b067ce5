package msg

// Message is anything that an actor receives.
type Message interface {
	// Bytes is what the message counts against the mailbox's budget. Zero is for control messages, which are never
	// refused.
	Bytes() int
}

// Request is a message that somebody waits for.
type Request interface {
	Message
	// Refuse answers the request with an error. Mailboxes call it for what they can no longer deliver, the actor system
	// for the message in hand when an actor panics. It is a no-op on a request already answered.
	Refuse(err error)
}

// Target is an actor's address.
type Target interface {
	// Post hands m to the actor. An error (ErrMailboxFull, ErrStopped) means that it was not taken and that nothing
	// will be answered; m still belongs to the caller.
	Post(m Message) error
}
