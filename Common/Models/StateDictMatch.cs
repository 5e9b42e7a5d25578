namespace TraversalLearning.Models;

/// <summary>Match between a state dict and a model, tensor by tensor.</summary>
/// <param name="Taken">Names in both, with the same shape.</param>
/// <param name="Misfits">Names in both, with different shapes or kinds of number; both are listed.</param>
/// <param name="Missing">Names only in the model.</param>
/// <param name="Unexpected">Names only in the file.</param>
public sealed record StateDictMatch(
    IReadOnlyList<string> Taken, IReadOnlyList<string> Misfits, IReadOnlyList<string> Missing, IReadOnlyList<string> Unexpected)
{
    private const int Shown = 3;

    /// <summary>Whether the file matches the model tensor for tensor.</summary>
    public bool IsWhole => Misfits.Count + Missing.Count + Unexpected.Count == 0;

    /// <summary>The mismatches, with the first few names of each kind.</summary>
    public string Problems => string.Join("; ", new[] { ("of another shape", Misfits), ("missing", Missing), ("not in the model", Unexpected) }
        .Where(p => p.Item2.Count > 0)
        .Select(p => $"{p.Item1}: {Listed(p.Item2)}"));

    /// <summary>A one-line summary of the match.</summary>
    public override string ToString() => $"{Taken.Count} of the model's {Taken.Count + Misfits.Count + Missing.Count} tensors{(IsWhole ? string.Empty : $"; {Problems}")}";

    private static string Listed(IReadOnlyList<string> names) =>
        string.Join(", ", names.Take(Shown)) + (names.Count > Shown ? $", … {names.Count} in all" : string.Empty);
}
