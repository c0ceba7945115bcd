//! From a request for a badge to a response, without a socket, a clock or an environment.
