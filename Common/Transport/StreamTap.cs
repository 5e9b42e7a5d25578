namespace TraversalLearning.Transport;

/// <summary>Wraps the two streams of a connection for an observer, as <c>audit</c> does. Ordinary runs have none.</summary>
/// <param name="Socket">Wraps the stream on the socket: with TLS what crosses the network.</param>
/// <param name="Frames">Wraps the stream of frames: with TLS what is inside.</param>
public sealed record StreamTap(Func<Stream, Stream> Socket, Func<Stream, Stream> Frames);
