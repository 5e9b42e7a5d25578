using TraversalLearning.Hosting;
using TraversalLearning.Wire;

namespace TraversalLearning.Configuration;

/// <summary>Where something stands in a file.</summary>
/// <param name="File">As the user named it, or as another file includes it.</param>
/// <param name="Line">From 1.</param>
public sealed record FilePosition(string File, long Line)
{
    /// <summary>The error of a user who wrote something else there: <c>study.yaml:3: run.epochs: takes …</c>.</summary>
    /// <param name="key">The key with those around it, points between; empty for none.</param>
    /// <param name="what">What is wrong, and what would be right.</param>
    public UserErrorException Wrong(string key, string what) =>
        new(ExitCode.Usage, Printable.Escape(key.Length > 0 ? $"{this}: {key}: {what}" : $"{this}: {what}"));

    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}";
}
