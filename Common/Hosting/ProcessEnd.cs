using System.Runtime.InteropServices;

namespace TraversalLearning.Hosting;

/// <summary>Ends a process whose work cannot be cancelled.</summary>
internal static partial class ProcessEnd
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    /// <summary>Ends the process after a time if it has not ended by then, with the exit code of a cancelled program.</summary>
    public static void ForceAfter(TimeSpan limit)
    {
        // A thread of its own: those of the pool may all be computing.
        var ending = new Thread(() =>
        {
            using var never = new ManualResetEventSlim();
            never.Wait(limit);
            Force(limit);
        })
        { IsBackground = true, Name = "end" };
        ending.Start();
    }

    private static void Force(TimeSpan limit)
    {
        // Writing may block too.
        var saying = new Thread(() =>
        {
            Console.Error.WriteLine($"cancelled: what was under way did not end within {limit.TotalSeconds:0} s");
            NLog.LogManager.Flush(LastWords);
        })
        { IsBackground = true };
        saying.Start();
        saying.Join(LastWords);
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit((int)ExitCode.Cancelled);
        }

        // Not Environment.Exit: it waits for threads in native code, and runs libtorch's destructors beside its computation.
        ExitNow((int)ExitCode.Cancelled);
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void ExitNow(int code);
}
