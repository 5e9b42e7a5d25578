namespace TraversalLearning.Tests.Support;

/// <summary>A program that has ended.</summary>
internal sealed record FinishedProgram(int ExitCode, string[] Output, string[] Errors)
{
    /// <summary>The line <c>final: …</c>.</summary>
    public string Final => Output.LastOrDefault(l => l.StartsWith("final: ", StringComparison.Ordinal)) ?? throw new AssertionException($"no final line:\n{this}");

    /// <summary>The hash in it.</summary>
    public string Hash => Final.Split(' ').Single(w => w.StartsWith("params_sha256=", StringComparison.Ordinal))["params_sha256=".Length..];

    /// <inheritdoc/>
    public override string ToString() => $"exit code {ExitCode}\n{string.Join('\n', [.. Output, .. Errors])}";
}
