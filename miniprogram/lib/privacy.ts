// WeChat holds a call back that needs the person's word on the privacy text: the page that
// is on asks, and all that waits goes on or is refused together.

type Show = () => void;
/** What WeChat hands over; its published types know it only as a result. */
type Settle = (how: { event: 'agree' | 'disagree' | 'exposureAuthorization'; buttonId?: string }) => void;

const waiting: Settle[] = [];
let show: Show | null = null;

/** From the start of the mini-program on. */
export function listen(): void {
  // Versions of WeChat before this exists ask by themselves.
  if (!wx.canIUse('onNeedPrivacyAuthorization')) return;
  wx.onNeedPrivacyAuthorization((given) => {
    const settle = given as unknown as Settle;
    waiting.push(settle);
    if (!show) return settleAll({ event: 'disagree' });
    settle({ event: 'exposureAuthorization' });
    show();
  });
}

/** The page on top asks from now on; null: none can. */
export function attend(by: Show | null): void {
  show = by;
}

/** `buttonId`: the button that was tapped; null: they did not agree. */
export function answer(buttonId: string | null): void {
  settleAll(buttonId ? { event: 'agree', buttonId } : { event: 'disagree' });
}

function settleAll(how: Parameters<Settle>[0]): void {
  for (const settle of waiting.splice(0)) settle(how);
}
