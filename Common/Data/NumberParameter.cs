using System.Globalization;

namespace TraversalLearning.Data;

/// <summary>The number after a choice's name and colon.</summary>
/// <param name="Symbol">Its symbol in texts.</param>
/// <param name="Min">Minimum.</param>
/// <param name="Max">Maximum.</param>
/// <param name="IsWhole">Whether it must be an integer.</param>
/// <param name="Example">A sensible value.</param>
public sealed record NumberParameter(string Symbol, double Min, double Max, bool IsWhole, double Example)
{
    /// <summary>The accepted range, in words.</summary>
    public string Range => string.Create(CultureInfo.InvariantCulture, $"a {(IsWhole ? "whole number" : "number")} from {Min} to {Max}");

    /// <summary>Parses the number; <see langword="false"/> if it is invalid or out of range.</summary>
    public bool TryParse(string text, out double value) =>
        double.TryParse(text, IsWhole ? NumberStyles.None : NumberStyles.Float, CultureInfo.InvariantCulture, out value) && value >= Min && value <= Max;
}
