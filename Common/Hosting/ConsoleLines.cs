namespace TraversalLearning.Hosting;

/// <summary>What becomes of lines that the console does not take. Commands whose lines are their result end with exit code 6; what goes on for long only tells of itself.</summary>
public static class ConsoleLines
{
    /// <summary>From now on, lines that cannot be written are dropped: they are in the log too, and the work is worth more than they are.</summary>
    public static void DropWhatCannotBeWritten() => Console.SetOut(new ConsoleWriter(Console.Out, isDropping: true));

    /// <summary>From now on, a line on standard output that cannot be written ends the program in one on standard error; what that does not take is dropped.</summary>
    internal static void RequireOutput()
    {
        Console.SetOut(new ConsoleWriter(Console.Out, isDropping: false));
        Console.SetError(new ConsoleWriter(Console.Error, isDropping: true));
    }
}
