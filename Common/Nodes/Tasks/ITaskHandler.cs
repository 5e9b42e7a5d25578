using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Handles one kind of task. Each message is answered before the next one is accepted.</summary>
internal interface ITaskHandler : IDisposable
{
    /// <summary>The message types that it handles.</summary>
    IReadOnlyList<MessageType> Messages { get; }

    /// <summary>Whether it handles a message of this type now.</summary>
    bool Takes(MessageType type) => Messages.Contains(type);

    /// <summary>Sets the destinations of a message's tensors.</summary>
    /// <exception cref="ProtocolException">The tensors are invalid for this message; the connection ends.</exception>
    void Accept(IncomingFrame frame, Span<Memory<byte>> destinations);

    /// <summary>Handles an accepted message and replies.</summary>
    Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken);
}
