using System.Globalization;

namespace TraversalLearning.Orchestration.Reports.Results;

/// <summary>The budget for comparing methods at equal bytes.</summary>
/// <param name="Bytes">Sent and received by the orchestrator; <see langword="null"/> for the most that every run has
/// spent.</param>
internal sealed record ByteBudget(long? Bytes)
{
    private const string AutoWord = "auto";

    // Runs with the same messages differ by heartbeats and the encoded length of small numbers, which bounds the
    // precision of a budget.
    private const double Tolerance = 1.001;

    /// <summary>The most that every run has spent.</summary>
    public static ByteBudget Auto { get; } = new((long?)null);

    /// <summary>Parses <c>auto</c>, or a number such as <c>500000000</c> or <c>5e8</c>.</summary>
    /// <exception cref="FormatException">Neither.</exception>
    public static ByteBudget Parse(string text) =>
        string.Equals(text, AutoWord, StringComparison.Ordinal) ? Auto
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double bytes) && bytes is >= 1 and <= 1e18 ? new ByteBudget((long)bytes)
        : throw new FormatException("a number of bytes of at least 1, such as 5e8, or auto");

    /// <summary>The budget for some runs; <see langword="null"/> if none of them has traffic.</summary>
    /// <param name="curves">The epochs of each.</param>
    public long? For(IEnumerable<IReadOnlyList<EpochPoint>> curves)
    {
        long[] spent = [.. curves.Select(c => c.Count > 0 ? c[^1].Bytes : 0).Where(b => b > 0)];
        return spent.Length == 0 ? null : Bytes ?? spent.Min();
    }

    /// <summary>The last epoch of a run within the budget, with a tolerance of a thousandth.</summary>
    /// <returns><see langword="null"/> if the first epoch exceeds it.</returns>
    public static EpochPoint? At(IReadOnlyList<EpochPoint> curve, long bytes) => curve.LastOrDefault(p => p.Bytes <= bytes * Tolerance);

    /// <inheritdoc/>
    public override string ToString() => Bytes?.ToString(CultureInfo.InvariantCulture) ?? AutoWord;
}
