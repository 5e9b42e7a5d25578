using System.Reflection;

namespace TraversalLearning.Hosting;

/// <summary>Name and version of this program.</summary>
public static class ProductInfo
{
    private static readonly Assembly Own = typeof(ProductInfo).Assembly;

    /// <summary>Version of the assembly.</summary>
    public static string Version { get; } = Own.GetName().Version?.ToString(3) ?? "0";

    /// <summary>Name and version, as in a handshake.</summary>
    public static string Software { get; } = $"TraversalLearning/{Version}";

    /// <summary>Commit that this program was built from; <see langword="null"/> if that was no checkout of the repository.</summary>
    public static string? Commit { get; } = CommitOf(Own.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? string.Empty);

    /// <summary>Version of the libtorch package that this program was built with; says so also where libtorch cannot be loaded.</summary>
    public static string LibTorch { get; } = Own.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == nameof(LibTorch)).Value!;

    /// <summary>Version, commit and libtorch of a program, on one line.</summary>
    /// <param name="program">Name of the program.</param>
    public static string Line(string program) => Line(program, Commit);

    /// <summary>The line of a program that was built from <paramref name="commit"/>.</summary>
    internal static string Line(string program, string? commit) => $"{program} {Version}, {(commit is null ? "unknown commit" : $"commit {commit}")}, libtorch {LibTorch}";

    /// <summary>Extracts the commit from an informational version, which is <c>version+commit</c>.</summary>
    internal static string? CommitOf(string informationalVersion) =>
        informationalVersion.IndexOf('+', StringComparison.Ordinal) is >= 0 and var plus ? informationalVersion[(plus + 1)..] : null;
}
