using System.Globalization;
using System.Runtime.InteropServices;

namespace TraversalLearning.Benchmarks.Reports;

/// <summary>What has to stand beside every figure.</summary>
internal static class Machine
{
    /// <summary>This machine, a line each.</summary>
    public static IReadOnlyList<string> Describe() =>
    [
        $"{Processor()}, {Environment.ProcessorCount} processors, {RuntimeInformation.OSDescription}, {RuntimeInformation.FrameworkDescription}",
        $"{DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)} UTC; load of the machine when it began: {Load()}",
    ];

    private static string Processor()
    {
        const string Info = "/proc/cpuinfo";
        string? line = File.Exists(Info) ? File.ReadLines(Info).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return line?.Split(':', 2)[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    private static string Load()
    {
        const string Average = "/proc/loadavg";
        return File.Exists(Average) ? File.ReadAllText(Average).Split(' ')[0] : "unknown";
    }
}
