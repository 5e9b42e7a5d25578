namespace TraversalLearning.Models;

/// <summary>What of a state dict fits a model, tensor by tensor.</summary>
/// <param name="Taken">Names that both have with the same shape.</param>
/// <param name="Misfits">Names that both have with another shape or kind of number, with both.</param>
/// <param name="Missing">Names that only the model has.</param>
/// <param name="Unexpected">Names that only the file has.</param>
public sealed record StateDictMatch(
    IReadOnlyList<string> Taken, IReadOnlyList<string> Misfits, IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected)
{
    private const int Shown = 3;

    /// <summary>Whether the file is the model's, tensor for tensor.</summary>
    public bool IsWhole => Misfits.Count + Missing.Count + Unexpected.Count == 0;

    /// <summary>What does not fit, with the first few names of each kind.</summary>
    public string Problems => string.Join("; ", new[] { ("of another shape", Misfits), ("missing", Missing), ("not in the model", Unexpected) }
        .Where(p => p.Item2.Count > 0)
        .Select(p => $"{p.Item1}: {Listed(p.Item2)}"));

    /// <summary>What is taken and what not, in one line.</summary>
    public override string ToString() => $"{Taken.Count} of the model's {Taken.Count + Misfits.Count + Missing.Count} tensors{(IsWhole ? string.Empty : $"; {Problems}")}";

    private static string Listed(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? $", … {names.Count} in all" : string.Empty);
}
