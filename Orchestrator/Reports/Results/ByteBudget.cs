using System.Globalization;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>How many bytes methods may spend where they are compared at equal bytes.</summary>
/// <param name="Bytes">Sent and received by the orchestrator; <see langword="null"/> for the most that every run has spent.</param>
internal sealed record ByteBudget(long? Bytes)
{
    private const string AutoWord = "auto";

    // Two runs of the same messages differ by heartbeats and by the lengths of small numbers; a budget is no finer than that.
    private const double Tolerance = 1.001;

    /// <summary>The most that every run has spent.</summary>
    public static ByteBudget Auto { get; } = new((long?)null);

    /// <summary>Reads <c>auto</c>, or a number such as <c>500000000</c> or <c>5e8</c>.</summary>
    /// <exception cref="FormatException">It is neither.</exception>
    public static ByteBudget Parse(string text) =>
        string.Equals(text, AutoWord, StringComparison.Ordinal) ? Auto
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double bytes) && bytes is >= 1 and <= 1e18 ? new ByteBudget((long)bytes)
        : throw new FormatException("a number of bytes of at least 1, such as 5e8, or auto");

    /// <summary>The number for some runs; <see langword="null"/> if none of them spends any.</summary>
    /// <param name="curves">The epochs of each.</param>
    public long? For(IEnumerable<IReadOnlyList<EpochPoint>> curves)
    {
        long[] spent = [.. curves.Select(c => c.Count > 0 ? c[^1].Bytes : 0).Where(b => b > 0)];
        return spent.Length == 0 ? null : Bytes ?? spent.Min();
    }

    /// <summary>Where a run stood when it had spent so much at most, to a thousandth: after its last epoch within it.</summary>
    /// <returns><see langword="null"/> where the first epoch costs more.</returns>
    public static EpochPoint? At(IReadOnlyList<EpochPoint> curve, long bytes) => curve.LastOrDefault(p => p.Bytes <= bytes * Tolerance);

    /// <inheritdoc/>
    public override string ToString() => Bytes?.ToString(CultureInfo.InvariantCulture) ?? AutoWord;
}
