namespace TraversalLearning.Wire;

/// <summary>Size limits for a frame, checked before memory is allocated.</summary>
/// <param name="MaxMetadata">Maximum size of the metadata in bytes.</param>
/// <param name="MaxPayload">Maximum size of the payload (all tensors of a frame together) in bytes.</param>
public readonly record struct WireLimits(int MaxMetadata, long MaxPayload)
{
    /// <summary>For a peer that has not been admitted: one small frame, no tensors.</summary>
    public static WireLimits Handshake { get; } = new(MaxMetadata: (4 * 1024) - FrameHeader.Size, MaxPayload: 0);

    /// <summary>For <c>Welcome</c>, which carries the model description: still no tensors.</summary>
    public static WireLimits Admission { get; } = new(MaxMetadata: 1024 * 1024, MaxPayload: 0);

    /// <summary>For a node whose run is being prepared: large metadata about its table, still no tensors.</summary>
    public static WireLimits Preparation { get; } = new(MaxMetadata: 512 * 1024, MaxPayload: 0);

    /// <summary>Between a study and its workers: pieces of files, no tensors.</summary>
    public static WireLimits Study { get; } = new(MaxMetadata: 1024 * 1024, MaxPayload: 0);

    /// <summary>For an admitted peer.</summary>
    public static WireLimits Session { get; } = new(MaxMetadata: 64 * 1024, MaxPayload: Array.MaxLength);
}
