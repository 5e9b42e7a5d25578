namespace TraversalLearning.Tests.Support;

/// <summary>What can become of a frame on the way.</summary>
internal enum FaultKind
{
    /// <summary>The connection is closed in good order.</summary>
    Cut,

    /// <summary>The connection is reset: what is under way is discarded.</summary>
    Reset,

    /// <summary>The connection stays open and passes nothing any more, in either direction.</summary>
    Silence,

    /// <summary>One bit is another.</summary>
    Corrupt,

    /// <summary>The frame does not arrive; those behind it do.</summary>
    Lose,

    /// <summary>The frame, and all behind it, arrive later.</summary>
    Delay,

    /// <summary>The frame arrives twice.</summary>
    Duplicate,

    /// <summary>The frame arrives behind the next one of another type.</summary>
    Reorder,
}

/// <summary>Where in a frame a fault strikes.</summary>
internal enum Place
{
    /// <summary>The frame as a whole.</summary>
    Whole,

    /// <summary>None of it has gone out.</summary>
    Before,

    /// <summary>Half of it has gone out.</summary>
    Middle,

    /// <summary>All of it has gone out.</summary>
    After,

    /// <summary>The request id in the header.</summary>
    Header,

    /// <summary>The metadata length in the header.</summary>
    Length,

    /// <summary>The metadata.</summary>
    Metadata,

    /// <summary>A number in the tensors on which the result depends.</summary>
    Payload,
}

/// <summary>A fault, and where in the frame it strikes.</summary>
internal sealed record Fault(FaultKind Kind, Place Place = Place.Whole)
{
    private static readonly Place[] Breaks = [Place.Before, Place.Middle, Place.After];
    private static readonly Place[] Bits = [Place.Header, Place.Length, Place.Metadata, Place.Payload];

    /// <summary>Every fault at every place where it makes sense.</summary>
    public static IEnumerable<Fault> All { get; } =
        [.. from kind in Enum.GetValues<FaultKind>() from place in PlacesOf(kind) select new Fault(kind, place)];

    /// <inheritdoc/>
    public override string ToString() => Place == Place.Whole ? $"{Kind}" : $"{Kind} {Place}";

    private static Place[] PlacesOf(FaultKind kind) => kind switch
    {
        FaultKind.Cut or FaultKind.Reset or FaultKind.Silence => Breaks,
        FaultKind.Corrupt => Bits,
        _ => [Place.Whole],
    };
}
