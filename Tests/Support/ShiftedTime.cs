namespace TraversalLearning.Tests.Support;

/// <summary>The machine's clock, moved by a test: certificates are checked against the present day.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    /// <summary>How far it is ahead.</summary>
    public TimeSpan Shift { get; set; }

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + Shift;
}
