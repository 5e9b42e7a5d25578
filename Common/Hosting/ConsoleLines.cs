namespace TraversalLearning.Hosting;

/// <summary>
/// Policy for output lines that cannot be written. Commands whose output is their result fail with exit code 6; long-running
/// commands drop the lines.
/// </summary>
public static class ConsoleLines
{
    /// <summary>Drops output lines that cannot be written from now on: they are in the log too, and the work matters more.</summary>
    public static void DropWhatCannotBeWritten() => Console.SetOut(new ConsoleWriter(Console.Out, isDropping: true));

    /// <summary>
    /// From now on, an output line that cannot be written ends the program, with a line on standard error. If that cannot be
    /// written either, it is dropped.
    /// </summary>
    internal static void RequireOutput()
    {
        Console.SetOut(new ConsoleWriter(Console.Out, isDropping: false));
        Console.SetError(new ConsoleWriter(Console.Error, isDropping: true));
    }
}
