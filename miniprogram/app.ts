import { listen } from './lib/privacy';

App({
  onLaunch() {
    listen();
  },
});
