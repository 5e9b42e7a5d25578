namespace TraversalLearning.Tests.Support;

/// <summary>Programs of the machine that some tests need.</summary>
internal static class Programs
{
    /// <summary>Whether the shell would find it.</summary>
    public static bool IsThere(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)));
}
