using TraversalLearning.Wire;

namespace TraversalLearning.Transport;

/// <summary>Handles the frames of a <see cref="Connection"/>, one at a time.</summary>
public interface IFrameHandler
{
    /// <summary>Called when a frame's metadata has been read: sets the destinations of its tensors before they are read.</summary>
    /// <param name="frame">The frame; valid until <see cref="HandleAsync"/> returns.</param>
    /// <param name="destinations">One entry per tensor. Set it to memory of exactly the raw length; an empty entry skips the tensor.</param>
    /// <returns><see langword="false"/> if the frame is not expected; its payload is skipped.</returns>
    /// <exception cref="ProtocolException">The frame is invalid for this step; the connection ends.</exception>
    bool Accept(IncomingFrame frame, Span<Memory<byte>> destinations);

    /// <summary>Called when an accepted frame is complete. The next one is not read before this returns.</summary>
    ValueTask HandleAsync(IncomingFrame frame, CancellationToken cancellationToken);
}
