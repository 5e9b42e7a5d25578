using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>The number that follows a name behind a colon.</summary>
/// <param name="Symbol">What stands for it in texts.</param>
/// <param name="Min">The least.</param>
/// <param name="Max">The most.</param>
/// <param name="IsWhole">Whether it is a whole number.</param>
/// <param name="Example">One that makes sense.</param>
public sealed record NumberParameter(string Symbol, double Min, double Max, bool IsWhole, double Example)
{
    /// <summary>What is taken, in words.</summary>
    public string Range => string.Create(CultureInfo.InvariantCulture, $"a {(IsWhole ? "whole number" : "number")} from {Min} to {Max}");

    /// <summary>Reads it; <see langword="false"/> if it is none, or out of its range.</summary>
    public bool TryParse(string text, out double value) =>
        double.TryParse(text, IsWhole ? NumberStyles.None : NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= Min && value <= Max;
}
