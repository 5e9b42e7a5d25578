namespace TraversalLearning.Hosting;

/// <summary>Words of a command line as a person types them again.</summary>
public static class ShellWords
{
    private const string Plain = "-_.,:/=@+%";

    /// <summary>The words with blanks between; those that a shell would read as something else stand in single quotes.</summary>
    public static string Join(IEnumerable<string> words) => string.Join(' ', words.Select(Quoted));

    /// <summary>The command that starts a program of this repository, to be pasted into a shell there.</summary>
    /// <param name="project">Which program.</param>
    /// <param name="words">Its arguments.</param>
    public static string DotnetRun(string project, IEnumerable<string> words) => $"dotnet run -c Release --project {project} -- {Join(words)}".TrimEnd();

    /// <summary>A text as the name of a file or folder on any system: whatever is neither letter, digit, point nor hyphen becomes a hyphen.</summary>
    public static string ToFileName(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '-'));

    private static string Quoted(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
