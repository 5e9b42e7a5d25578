using System.Globalization;

namespace TraversalLearning.Tests.Support;

/// <summary>What a process holds, as Linux tells it.</summary>
/// <param name="ResidentBytes">Memory.</param>
/// <param name="Sockets">Open sockets.</param>
/// <param name="Threads">Threads.</param>
internal readonly record struct ProcessFigures(long ResidentBytes, int Sockets, int Threads)
{
    /// <summary>Whether this machine tells.</summary>
    public static bool Available => Directory.Exists("/proc/self/fd");

    /// <summary>Looks at a process that runs; nothing, if it has just ended.</summary>
    public static ProcessFigures? Of(int process)
    {
        try
        {
            string[] status = File.ReadAllLines($"/proc/{process}/status");
            return new ProcessFigures(Number(status, "VmRSS:") * 1024, CountSockets(process), (int)Number(status, "Threads:"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>How often a process that runs has been given a page of memory so far; nothing, if it has just ended.</summary>
    public static long? PageFaults(int process)
    {
        try
        {
            // Behind the name, which is in brackets and may have blanks, minflt is the eighth.
            string stat = File.ReadAllText($"/proc/{process}/stat");
            return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[7], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{ResidentBytes / 1e6:0.0} MB, {Sockets} sockets, {Threads} threads");

    private static int CountSockets(int process) => Directory.EnumerateFiles($"/proc/{process}/fd").Count(file =>
    {
        try
        {
            return File.ResolveLinkTarget(file, returnFinalTarget: false)?.Name.StartsWith("socket:", StringComparison.Ordinal) ?? false;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return false;
        }
    });

    private static long Number(string[] status, string key) =>
        status.FirstOrDefault(line => line.StartsWith(key, StringComparison.Ordinal)) is { } found
            ? long.Parse(found.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            : 0;
}
