using System.Globalization;

namespace TraversalLearning.Records;

/// <summary>The files of a record: one a day, and the head.</summary>
internal static class RecordFolder
{
    private const string Extension = ".jsonl";
    private const string DayFormat = "yyyy-MM-dd";

    /// <summary>The folder within a node's state folder.</summary>
    public static string In(string stateFolder) => Path.Combine(stateFolder, "record");

    /// <summary>The path of the head.</summary>
    public static string HeadOf(string folder) => Path.Combine(folder, "head");

    /// <summary>The name of a day's file.</summary>
    public static string NameOf(DateOnly day) => day.ToString(DayFormat, CultureInfo.InvariantCulture) + Extension;

    /// <summary>The day of a file's name; <see langword="null"/> if it is none of a record.</summary>
    public static DateOnly? DayOf(string name) =>
        Path.GetExtension(name) == Extension
        && DateOnly.TryParseExact(Path.GetFileNameWithoutExtension(name), DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly day)
            ? day
            : null;

    /// <summary>The names of all files of days, from the first.</summary>
    public static string[] Files(string folder) =>
        Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*" + Extension).Select(f => Path.GetFileName(f)).Where(f => DayOf(f) is not null).Order(StringComparer.Ordinal)]
            : [];

    /// <summary>Deletes what processes left that ended while they replaced the head.</summary>
    public static void DeleteTemporaryHeads(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder, "head.*.tmp"))
        {
            File.Delete(path);
        }
    }

    /// <summary>A name for what stood in a file in place of whole lines.</summary>
    public static string NameForFragment(string folder, string file)
    {
        for (int i = 1; ; i++)
        {
            string name = $"{Path.GetFileNameWithoutExtension(file)}.interrupted-{i}";
            if (!File.Exists(Path.Combine(folder, name)))
            {
                return name;
            }
        }
    }
}
