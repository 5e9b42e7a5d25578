namespace TraversalLearning.Hosting;

/// <summary>Formats command lines for a shell.</summary>
public static class ShellWords
{
    private const string Plain = "-_.,:/=@+%";

    /// <summary>Joins words with spaces, single-quoting those that a shell would interpret.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>The shell command that starts a program of this repository.</summary>
    /// <param name="project">The program's project.</param>
    /// <param name="words">Its arguments.</param>
    public static string DotnetRun(string project, IEnumerable<string> words) => $"dotnet run -c Release --project {project} -- {Join(words)}".TrimEnd();

    /// <summary>A text as a file name valid on any system: every character except letters, digits, points and hyphens becomes a hyphen.</summary>
    public static string ToFileName(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-'));

    private static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
