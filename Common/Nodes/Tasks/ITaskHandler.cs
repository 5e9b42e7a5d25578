using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Nodes.Tasks;

/// <summary>Does one kind of task that an orchestrator has for a node. One message at a time: it is answered before the next one is accepted.</summary>
internal interface ITaskHandler : IDisposable
{
    /// <summary>The messages that it takes.</summary>
    IReadOnlyList<MessageType> Messages { get; }

    /// <summary>Whether a message of this type is for it now.</summary>
    bool Takes(MessageType type) => Messages.Contains(type);

    /// <summary>Says where the tensors of a message go.</summary>
    /// <exception cref="ProtocolException">They are not those of such a message; the connection ends.</exception>
    void Accept(IncomingFrame frame, Span<Memory<byte>> destinations);

    /// <summary>Does what an accepted message asks for, and answers it.</summary>
    Task HandleAsync(IncomingFrame frame, CancellationToken cancellationToken);
}
