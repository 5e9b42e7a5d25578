using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>Takes the frames of a <see cref="Connection"/>, one after the other.</summary>
public interface IFrameHandler
{
    /// <summary>Called when a frame's metadata is there: names where its tensors go, before a byte of them is read.</summary>
    /// <param name="frame">The frame; valid until <see cref="HandleAsync"/> returns.</param>
    /// <param name="destinations">One entry for each tensor, to be set to memory of exactly its raw length; one left empty is read over.</param>
    /// <returns><see langword="false"/> if nobody waits for this frame: its payload is read over.</returns>
    /// <exception cref="ProtocolException">The frame is not what this step expects; the connection ends.</exception>
    bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations);

    /// <summary>Called when an accepted frame is complete. The next one is not read before this returns.</summary>
    ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken);
}
